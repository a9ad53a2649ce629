import { Elysia } from "elysia";
import { PlatformError } from "../../../errors.ts";
import { guideText, indexText, isGuide } from "../../docs/guides.ts";

const hidden = { detail: { hide: true } };

/** The documents for people and programs that read, and their index. */
export function guideRoutes() {
  return new Elysia({ normalize: false })
    .get("/llms.txt", () => textReply(indexText(), "text/plain"), hidden)
    .get(
      "/docs/:guide",
      ({ params: { guide } }) => {
        if (!isGuide(guide)) throw new PlatformError("not_found");
        return textReply(guideText(guide), "text/markdown");
      },
      hidden,
    );
}

function textReply(text: string, type: string): Response {
  return new Response(text, { headers: { "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" } });
}
