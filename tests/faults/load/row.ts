/** A run as its row has it. */
export interface Row extends Record<string, unknown> {
  uuid: string;
  n: number;
  status: string;
  error: string | null;
  completed_at: string | null;
  step_results: Record<string, unknown> | null;
  output: unknown;
}
