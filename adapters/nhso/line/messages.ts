/**
 * What is said over a line. The bridge **asks**, the worker answers that it is **taken**, the bridge says **go**, and only then
 * does the worker send the call to its agent and tell what came of it. A call whose `go` was never said was certainly not
 * sent. Docs: `docs/agent-line.md`.
 */

import { z } from 'zod';
import { atMost } from '../../../src/length-limits.ts';
import { carriedCall } from './calls.ts';

/** The subprotocol's name; its number grows with a change that the other side would not understand. */
export const PROTOCOL = 'authen-bridge.agent-line.1';

const id = z.uuid();

/** Longer than any time-out that the configuration permits. */
const LONGEST_MS = 600_000;

const fromBridge = z.discriminatedUnion('say', [
  /** `timeoutMs`: what the agent may take, from `go` on. */
  z.strictObject({ say: z.literal('ask'), id, call: carriedCall, timeoutMs: z.int().min(1).max(LONGEST_MS) }),
  z.strictObject({ say: z.literal('go'), id }),
]);

/** As `HttpAnswer`: the agent's own answer, whose meaning is the bridge's to find, so that a counter need not be upgraded for it. */
const answer = z.strictObject({
  status: z.int().min(100).max(999),
  contentType: z.string().check(atMost(1_000)),
  date: z.number().nullable(),
  text: z.string(),
});

/** As `NoAnswer`. */
const why = z.strictObject({
  kind: z.enum(['unreachable', 'timeout', 'lost', 'cut-off', 'too-large']),
  sent: z.boolean(),
  reason: z.string().regex(/^[\w .:-]{0,80}$/),
});

const fromWorker = z.discriminatedUnion('say', [
  z.strictObject({ say: z.literal('taken'), id }),
  z.strictObject({ say: z.literal('answer'), id, answer }),
  z.strictObject({ say: z.literal('no-answer'), id, why }),
]);

export type FromBridge = z.infer<typeof fromBridge>;
export type FromWorker = z.infer<typeof fromWorker>;
export type Why = z.infer<typeof why>;

/** Null: it is none of this protocol's. */
export function readFromBridge(text: string): FromBridge | null {
  return read(fromBridge, text);
}

export function readFromWorker(text: string): FromWorker | null {
  return read(fromWorker, text);
}

function read<T>(schema: z.ZodType<T>, text: string): T | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // the parser's own message would quote it
    return null;
  }
  return schema.safeParse(json).data ?? null;
}
