import { testProdGrad } from "../../../../tests/on-device/prodGrad";
import { openForTests } from "../testing/open-device";

testProdGrad(await openForTests());
