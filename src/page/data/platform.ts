import { Client } from "../../client/client.ts";
import { root } from "../address/address.ts";

/** The platform that the page came from. Tried once again at once: what takes longer is shown, and tried again by the page. */
export const platform = new Client({ url: root.href, retries: 1 });
