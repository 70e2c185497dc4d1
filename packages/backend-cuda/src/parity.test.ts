import { testKit } from "../../../tests/on-device/kit";
import { openForTests } from "./testing/open-device";

testKit(await openForTests());
