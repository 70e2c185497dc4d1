import { testModels } from "../../../tests/on-device/models";
import { openForTests } from "./testing/open-device";

testModels(await openForTests());
