import { Hook, HookInput, HookScheme, HookToken, HookVerification } from "../../schemas/hook.ts";
import { HOOK_EXAMPLE } from "./examples.ts";

/** The schemas of hooks in the document, under their titles. */
export const HOOK_SCHEMAS = {
  HookInput: { ...HookInput, examples: [HOOK_EXAMPLE] },
  HookVerification,
  Hook,
  HookScheme,
  HookToken,
};
