import { render } from "preact";
import { followAddress } from "./address/address.ts";
import { startWaitingCount } from "./data/waiting-count.ts";
import { startKeys } from "./keys/keys.ts";
import { startLive } from "./live/live.ts";
import { startCopiedTimes } from "./shared/time/copied.ts";
import { Shell } from "./shell/shell.tsx";

const place = document.getElementById("page");
if (place !== null) {
  followAddress();
  startKeys();
  startLive();
  startWaitingCount();
  startCopiedTimes();
  render(<Shell />, place);
}
