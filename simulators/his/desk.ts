/**
 * What a registration desk does, whatever the HIS behind it. Each simulated HIS has one; the contract of the adapters, the
 * bench and the tests of the whole house register their visits by it.
 */

/** Every one of them is invented: citizen ids begin with 9, which the registry gives to nobody. */
export interface DeskPerson {
  hn: string;
  cid: string | null;
  title: string;
  fname: string;
  lname: string;
  /** Gregorian, `YYYY-MM-DD`; `0000-00-00` is not known, which each HIS writes in its own way. */
  birthDate: string;
  sex: 'male' | 'female';
  /** The number that the HIS keeps for a mobile. */
  mobile: string | null;
  /** Its next best one. */
  otherPhone: string | null;
  /** `99` is Thai. */
  nationality: string;
}

export interface DeskVisit {
  hn: string;
  /** UTC epoch milliseconds; the HIS gets Bangkok's date and time. */
  at: number;
  /** A code of the HIS's own rights; its usual one when left out. */
  right?: string;
  /** What stands already where the code goes. */
  code?: string;
  inpatient?: boolean;
}

export interface Desk {
  /** Two codes of rights that this HIS has, of different names; the first is a universal-coverage one (UCS). */
  readonly rights: readonly [string, string];
  addPeople(people: readonly DeskPerson[]): Promise<void>;
  /** Its visit number is returned. */
  register(visit: DeskVisit): Promise<string>;
  /** Many at once, each with a time of its own. */
  registerAll(visits: readonly DeskVisit[]): Promise<string[]>;
  /** The visit is taken out, as this HIS does it: its rows go. */
  remove(vn: string): Promise<void>;
  /** The visit stays and is marked as cancelled. */
  cancel(vn: string): Promise<void>;
  edit(hn: string, field: 'cid' | 'mobile' | 'fname', value: string | null): Promise<void>;
  changeRight(vn: string, right: string): Promise<void>;
  /** To another day, `YYYY-MM-DD`, at the same time of day; its number stays. */
  moveTo(vn: string, date: string): Promise<void>;
  /**
   * `none`: the date that an empty field leaves there. `other-era`: the same day in the era that this HIS does not use.
   * `timeless`: the date stays, the time goes.
   */
  spoilDate(vn: string, how: 'none' | 'other-era' | 'timeless'): Promise<void>;
  /** A clerk types a code, or takes it out, where the bridge writes it. */
  typeCode(vn: string, code: string | null): Promise<void>;
  /** What stands there. */
  codeOf(vn: string): Promise<string | null>;
  /** Something about the visit that is none of the bridge's business is changed. */
  touch(vn: string): Promise<void>;
}

/** A desk with a connection of its own, on an engine that has transactions. */
export interface SecondDesk extends Desk {
  begin(): Promise<void>;
  commit(): Promise<void>;
  close(): Promise<void>;
}
