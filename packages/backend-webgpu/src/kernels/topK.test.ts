import { testTopK } from "../../../../tests/on-device/topK";
import { openForTests } from "../testing/open-device";

testTopK(await openForTests());
