import { Type } from "@sinclair/typebox";

/** A user's own id of a workflow: it stands in paths, so it holds no slash and no control character of ASCII. */
export const WorkflowReference = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^(?!\\.{1,2}$)[^/\\\\\\u0000-\\u001f\\u007f]+$",
  description: "The uuid of a workflow, or the id its author gave it (then the newest workflow with that id)",
});
