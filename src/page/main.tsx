import { render } from "preact";
import { followAddress } from "./address/address.ts";
import { startWaitingCount } from "./data/waiting-count.ts";
import { startKeys } from "./keys/keys.ts";
import { startLive } from "./live/live.ts";
import { Shell } from "./shell/shell.tsx";

const place = document.getElementById("page");
if (place !== null) {
  // Relative ones would be looked for again from each new address, as browsers do with the icon.
  for (const link of document.querySelectorAll<HTMLLinkElement>("head link")) link.href = String(link.href);
  followAddress();
  startKeys();
  startLive();
  startWaitingCount();
  render(<Shell />, place);
}
