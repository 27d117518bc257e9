/**
 * A program of another maker at a counter (a HIS, a kiosk) that speaks to NHSO's agent, and whose address of it leads to the
 * bridge. It knows the agent's contract and its key, and nothing of the bridge.
 */

export interface ClientRead {
  pid: string;
  correlationId: string;
}

/** `null`: nothing came, or nothing that says anything. */
export type Told = { status: number; claimCode: string | null } | null;

export class AgentClient {
  readonly #base: string;
  readonly #key: string;

  constructor(bridgeUrl: string, key: string) {
    this.#base = `${bridgeUrl}/agent/api`;
    this.#key = key;
  }

  /** The card that lies in the reader; null when it was not read, or NHSO did not take part. */
  async read(patienceMs: number): Promise<ClientRead | null> {
    const answer = await this.#call('/smartcard/read?readImageFlag=false', patienceMs);
    const { pid, correlationId } = answer?.json ?? {};
    if (answer?.status !== 200 || typeof pid !== 'string' || typeof correlationId !== 'string') return null;
    return { pid, correlationId };
  }

  async confirm(claim: object, patienceMs: number): Promise<Told> {
    const answer = await this.#call('/nhso-service/confirm-save', patienceMs, claim);
    if (answer === null) return null;
    const { claimCode } = answer.json;
    return { status: answer.status, claimCode: typeof claimCode === 'string' ? claimCode : null };
  }

  async #call(
    path: string,
    patienceMs: number,
    body?: object,
  ): Promise<{ status: number; json: Record<string, unknown> } | null> {
    try {
      const answer = await fetch(`${this.#base}${path}`, {
        headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(patienceMs),
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
    } catch {
      return null; // whatever broke: such a program tries again
    }
  }
}
