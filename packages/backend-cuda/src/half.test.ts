import { testHalfTraining } from "../../../tests/on-device/half";
import { openForTests } from "./testing/open-device";

await testHalfTraining(await openForTests());
