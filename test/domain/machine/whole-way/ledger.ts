/** The ledger in the model: versions, the two unique indexes, and what each change must keep to. */

import { expect } from 'vitest';
import type { IssuedCode } from '../../../../src/domain/authen-code.ts';
import { BridgeError } from '../../../../src/domain/bridge-error.ts';
import type { CardRead } from '../../../../src/domain/card-read.ts';
import type { Case, HistoryEntry } from '../../../../src/domain/case.ts';
import { type DoorAsk, takenByCase } from '../../../../src/domain/door-ask.ts';
import { mayBeAnswerTo } from '../../../../src/domain/machine/lookup.ts';
import type { Gap } from '../../../../src/domain/machine/restored.ts';
import type { Change } from '../../../../src/domain/machine/transition.ts';
import { expectLegal, expectSound } from '../legal.ts';

export class LedgerModel {
  readonly cases = new Map<string, Case>();
  readonly history = new Map<string, HistoryEntry[]>();
  readonly reads = new Map<string, CardRead>();
  /** What clients of the agent API have asked for, and the marks of cases that ask; by {@link askKey}. */
  readonly asks = new Map<string, DoorAsk>();
  gap: Gap | null = null;

  /** As it stands now, whatever becomes of this one. */
  copy(): LedgerModel {
    const copy = new LedgerModel();
    for (const [vn, c] of this.cases) copy.cases.set(vn, c);
    for (const [vn, lines] of this.history) copy.history.set(vn, lines);
    for (const [id, read] of this.reads) copy.reads.set(id, read);
    for (const [key, ask] of this.asks) copy.asks.set(key, ask);
    copy.gap = this.gap;
    return copy;
  }

  /**
   * Throws as the ledger does: `code-held`, `already-asked`.
   *
   * @param takes what a client had asked for and the case takes over
   */
  commit({ next, history }: Change, takes?: DoorAsk): Case {
    const before = this.cases.get(next.vn) ?? null;
    expectLegal(before, { next, history });
    expectSound(next);
    for (const other of this.cases.values()) {
      if (other.vn === next.vn) continue;
      if (next.code !== null && next.state !== 'cancelled' && other.state !== 'cancelled') {
        if (other.code?.claimCode === next.code.claimCode) throw refusal('code-held');
      }
      if (next.askedAt !== null && other.askedAt !== null && askKey(other) === askKey(next)) {
        throw refusal('already-asked');
      }
    }
    const begins =
      next.askedAt !== null && (before?.askedAt !== next.askedAt || askKey(before) !== askKey(next));
    const ask = this.asks.get(askKey(next));
    const isTaken = takes !== undefined && ask?.version === takes.version;
    if (begins && !isTaken && ask !== undefined && ['asking', 'lost', 'issued', 'held'].includes(ask.state)) {
      throw refusal('already-asked');
    }
    if (takes !== undefined) this.asks.set(askKey(takes), takenByCase(takes, next.vn, next.updatedAt));
    this.cases.set(next.vn, next);
    this.history.set(next.vn, [...(this.history.get(next.vn) ?? []), ...history]);
    if (before?.readId != null && next.readId === null) this.#pair(before.readId, null);
    return next;
  }

  pair(change: Change, readId: string): void {
    expect(this.reads.get(readId)?.pairedVn).toBeNull();
    this.commit(change);
    this.#pair(readId, change.next.vn);
  }

  readOf(c: Case): CardRead | null {
    return c.readId === null ? null : (this.reads.get(c.readId) ?? null);
  }

  holderOf(code: Pick<IssuedCode, 'claimCode' | 'issuedAt'>, of: Case): string | null {
    const held = [...this.cases.values()].find(
      (c) => c.vn !== of.vn && c.state !== 'cancelled' && c.code?.claimCode === code.claimCode,
    );
    if (held !== undefined) return held.vn;
    const asker = this.cases.get(this.otherAsker(of) ?? '');
    return asker !== undefined && mayBeAnswerTo(asker, code) ? asker.vn : null;
  }

  otherAsker(c: Case): string | null {
    const asker = [...this.cases.values()].find(
      (o) => o.vn !== c.vn && o.askedAt !== null && askKey(o) === askKey(c),
    );
    return asker?.vn ?? null;
  }

  #pair(id: string, pairedVn: string | null): void {
    const read = this.reads.get(id);
    if (read !== undefined) this.reads.set(id, { ...read, pairedVn });
  }
}

export function askKey(c: Pick<Case, 'serviceDate' | 'claimType'> & { pid: string | null }): string {
  return `${c.pid}|${c.serviceDate}|${c.claimType}`;
}

function refusal(code: 'code-held' | 'already-asked'): BridgeError {
  return new BridgeError(code, code, { retry: 'no' });
}
