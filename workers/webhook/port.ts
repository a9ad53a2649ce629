import type { HttpReply, HttpRequest } from "../../src/connectors/index.ts";
import type { TakeRoom } from "./reading.ts";

/** Sends webhooks; each thread has one. */
export interface WebhookClient {
  /**
   * Sends a request and reads its reply to the end.
   *
   * @throws StepFailure with a sentence for the run's user when there is no such reply before the signal;
   *   OutOfDescriptors when this process can't open a connection right now
   */
  send(request: HttpRequest, signal: AbortSignal, takeRoom?: TakeRoom): Promise<HttpReply>;
  /** Closes all connections. */
  close(): void;
}

/** This process can't open another connection right now: trouble of the platform, not of the step. */
export class OutOfDescriptors extends Error {}
