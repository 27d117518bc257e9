/** The rules that are never bent, asked of what is known from the outside. */

import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import { citizenIdsIn } from '../../support/citizen-id-scan.ts';
import { CLIENTS_TYPE } from '../clients.ts';
import { HCODE } from '../world/his.ts';
import type { Evidence } from './evidence.ts';
import { codesNowhere } from './nowhere.ts';

const HOUR_MS = 3_600_000;

/** Broken rules, each as a sentence. */
export function judge(evidence: Evidence): string[] {
  return RULES.flatMap((rule) => rule(evidence));
}

type Rule = (evidence: Evidence) => string[];

const everyVisitRests: Rule = ({ unsettled }) => unsettled.map((what) => `not done in time: ${what}`);

/**
 * Rule 1: after a confirm to which NHSO has issued a code we do not confirm for that person, day and type again: neither after
 * the code nor while it was still to come, whatever became of the second.
 */
const askedOnce: Rule = ({ journal }) => {
  const broken: string[] = [];
  const confirms = journal
    .filter((e) => e.call === 'confirm-save' && e.outcome !== 'nhso-down')
    // the journal has them in the order of their ends, which is not that in which they were sent
    .map((e) => ({ ...e, sentAt: Date.parse(e.at) }))
    .sort((a, b) => a.sentAt - b.sentAt || a.seq - b.seq);
  for (const [i, first] of confirms.entries()) {
    if (first.claimCode === null) continue;
    const issuedAt = first.sentAt + first.ms;
    for (const later of confirms.slice(i + 1)) {
      const isSame =
        later.pid === first.pid &&
        later.claimType === first.claimType &&
        serviceDateOf(later.sentAt) === serviceDateOf(first.sentAt);
      if (!isSame) continue;
      if (later.sentAt >= issuedAt) {
        broken.push(`confirmed again (${later.at}) after ${first.claimCode} was issued (${first.at})`);
      } else {
        broken.push(
          `two confirms under way at once: ${first.claimCode} (${first.at}, issued after ${first.ms} ms) and ${later.claimCode ?? later.outcome} (${later.at})`,
        );
      }
    }
  }
  return broken;
};

/** Rule 2: what we wrote into a visit is a code of that person, hospital and day. */
const codesFit: Rule = ({ changes, codes, diary }) =>
  changes
    .filter((change) => change.byBridge && change.after !== null && change.after.trim() !== '')
    .flatMap(({ vn, after }) => {
      const code = codes.find((c) => c.claimCode === after);
      const visit = diary.visits.find((v) => v.vn === vn);
      if (code === undefined || visit === undefined) return [`${vn}: ${after} was never issued`];
      const wrong = [
        code.pid === visit.person.cid ? '' : 'person',
        code.hcode === HCODE ? '' : 'hospital',
        serviceDateOf(code.issuedAt) === visit.serviceDate ? '' : 'day',
        code.kind === 'PP' ? '' : 'kind',
      ].filter((what) => what !== '');
      return wrong.length === 0 ? [] : [`${vn}: ${after} is of another ${wrong.join(', ')}`];
    });

/** What a client of the agent API was given is a code that NHSO has issued to that person, hospital, day and type. */
const clientsGetTheirs: Rule = ({ diary, codes }) =>
  diary.clients.flatMap(({ pid, told }) => {
    if (told === null) return [];
    const code = codes.find((c) => c.claimCode === told.claimCode);
    if (code === undefined) return [`a client was given ${told.claimCode}, which was never issued`];
    // a bridge's clock may have been an hour off
    const days = [told.at - HOUR_MS, told.at + HOUR_MS].map(serviceDateOf);
    const wrong = [
      code.pid === pid ? '' : 'person',
      code.hcode === HCODE ? '' : 'hospital',
      days.includes(serviceDateOf(code.issuedAt)) ? '' : 'day',
      code.claimType === CLIENTS_TYPE ? '' : 'type',
      code.kind === 'PP' ? '' : 'kind',
    ].filter((what) => what !== '');
    return wrong.length === 0 ? [] : [`a client was given ${told.claimCode}, of another ${wrong.join(', ')}`];
  });

const noCodeTwice: Rule = ({ hisCodes, cases }) => {
  const holders = new Map<string, Set<string>>();
  const hold = (vn: string, code: string | null | undefined): void => {
    if (code) holders.set(code, (holders.get(code) ?? new Set()).add(vn));
  };
  for (const [vn, code] of hisCodes) hold(vn, code);
  for (const [vn, found] of cases) if (found.state === 'written') hold(vn, found.code?.claimCode);
  return [...holders]
    .filter(([, vns]) => vns.size > 1)
    .map(([code, vns]) => `${code} is in ${[...vns].join(' and ')}`);
};

/** Rule 3. */
const nothingOverwritten: Rule = ({ changes }) =>
  changes
    .filter(
      ({ byBridge, before, after }) =>
        byBridge && before !== null && before.trim() !== '' && before !== after,
    )
    .map(({ vn, before, after }) => `${vn}: ${before} was overwritten with ${after}`);

const noReadLost: Rule = ({ told, reads }) =>
  told
    .filter(
      ({ pid, kind, at }) =>
        !reads.some(
          (r) => r.pid === pid && (kind === 'card-only' || r.kind === 'full') && r.readAt <= at + 5_000,
        ),
    )
    .map(({ kind }) => `a ${kind} read that the clerk was told of is not in the ledger`);

const noCodeLost: Rule = (evidence) =>
  codesNowhere(evidence).map((claimCode) => `${claimCode} was issued to us and is nowhere`);

/** Each step follows from the one before, the last is what the case shows. */
const historyExplains: Rule = ({ cases }) =>
  [...cases.values()].flatMap(({ vn, state, history }) => {
    const broken: string[] = [];
    let standing: string | null = null;
    let seq = 0;
    for (const entry of history) {
      if (entry.fromState !== standing) {
        broken.push(
          `${vn}: history goes from ${standing} to ${entry.fromState} without a word (${entry.event})`,
        );
      }
      if (entry.seq <= seq) broken.push(`${vn}: history is out of order at ${entry.seq}`);
      standing = entry.toState;
      seq = entry.seq;
    }
    if (standing !== state) broken.push(`${vn}: is ${state}, its history ends with ${standing}`);
    return broken;
  });

/** What is written in the HIS by us is `written`, and what is `written` stands there. */
const writtenIsTrue: Rule = ({ cases, hisCodes }) =>
  [...cases.values()]
    .filter((c) => c.state === 'written' && hisCodes.get(c.vn) !== c.code?.claimCode)
    .map((c) => `${c.vn}: is written with ${c.code?.claimCode}, the HIS holds ${hisCodes.get(c.vn)}`);

/** Rule 9, over everything that our processes printed. */
const nobodyIsNamed: Rule = ({ logs }) =>
  logs.flatMap(({ file, line }) =>
    citizenIdsIn(line).map((masked) => `${file} holds the citizen id ${masked}`),
  );

const noFaultOfOurs: Rule = ({ logs }) =>
  logs
    .filter(({ line }) =>
      /unexpected error|does not end; the next|UnhandledPromiseRejection|MaxListenersExceeded/.test(line),
    )
    .map(({ file, line }) => `${file}: ${line.slice(0, 400)}`);

const RULES: readonly Rule[] = [
  everyVisitRests,
  askedOnce,
  codesFit,
  clientsGetTheirs,
  noCodeTwice,
  nothingOverwritten,
  noReadLost,
  noCodeLost,
  historyExplains,
  writtenIsTrue,
  nobodyIsNamed,
  noFaultOfOurs,
];
