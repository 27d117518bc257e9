/** A visit as the HIS tells of it. Adapters make these; nothing in here is trusted until the rules have looked at it. */

import type { Instant, ServiceDate } from './bangkok.ts';

export interface Person {
  /** Title as the HIS writes it: "นาย", "ด.ญ.", … */
  title: string | null;
  fname: string | null;
  lname: string | null;
  /** Gregorian; `YYYY`, `YYYY-MM` or `YYYY-MM-DD` as far as it is known. */
  birthDate: string | null;
  sex: 'male' | 'female' | null;
  /** The HIS's nationality code; "99" is Thai in HOSxP and JHCIS. */
  nationality: string | null;
}

/** The right (สิทธิ) that the HIS has on the visit; NHSO's own word on it comes with the card read. */
export interface VisitRight {
  /** The HIS's own code (HOSxP `pttype`). */
  code: string;
  name: string | null;
  /** UCS, SSS, OFC, LGO, … (HOSxP `pttype.hipdata_code`). */
  scheme: string | null;
  hospMain: string | null;
  hospSub: string | null;
}

/** A code found in the HIS's own log of authen requests (HOSxP `authenhos`). */
export interface LoggedCode {
  claimCode: string;
  claimType: string | null;
  pid: string | null;
  createdAt: Instant | null;
}

export interface Visit {
  /** 5-digit hospital code of the site. */
  hcode: string;
  /** Visit number, unique within the hospital. */
  vn: string;
  hn: string | null;
  /** Set when the visit became an admission. */
  an: string | null;
  serviceDate: ServiceDate;
  startedAt: Instant;
  /** Citizen id as the HIS holds it, unchecked; null when the field is empty. */
  pid: string | null;
  person: Person;
  /** Phone numbers as the HIS holds them, best first, unchecked. */
  phones: readonly string[];
  right: VisitRight | null;
  kind: 'outpatient' | 'inpatient';
  department: { code: string; name: string | null } | null;
  /** The HIS says the visit no longer stands. */
  cancelled: boolean;
  /** What stands in the column that the authen code is written to; null when it is empty. */
  code: string | null;
  loggedCode: LoggedCode | null;
  /** Why the row cannot be understood: which column, and what was expected. Such a visit goes to a person. */
  problem: string | null;
}
