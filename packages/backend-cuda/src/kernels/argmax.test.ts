import { testArgmax } from "../../../../tests/on-device/argmax";
import { openForTests } from "../testing/open-device";

testArgmax(await openForTests());
