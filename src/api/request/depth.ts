import { ValidationFailed } from "../../errors.ts";
import { DEPTH_HEADER } from "../../schemas/runs/depth.ts";

const NO_DEPTH = "Input should be a whole number: webhooks of workflows say with it how many triggered one another";

/** How many workflows triggered one another up to a request: 0 where no webhook of ours sent it. @throws ValidationFailed */
export function depthOf(request: Request): number {
  const text = request.headers.get(DEPTH_HEADER);
  if (text === null) return 0;
  if (!/^\d{1,9}$/.test(text))
    throw new ValidationFailed([{ loc: ["header", DEPTH_HEADER], msg: NO_DEPTH, type: "value_error" }]);
  return Number(text);
}
