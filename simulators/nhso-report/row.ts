/** A row of the report that hospitals download from NHSO's site, and its 24 columns in their order. */

export interface ReportRow {
  hcode: string;
  hname: string;
  pid: string;
  fullName: string;
  /** Gregorian, `YYYY-MM-DD`. */
  birthDate: string;
  tel: string | null;
  mainInscl: string;
  subInscl: string;
  /** รหัสการเข้ารับบริการ: the site's own number of the entry. */
  entryNo: string;
  claimCode: string;
  serviceType: string;
  serviceCode: string;
  serviceName: string;
  hn: string | null;
  an: string | null;
  /** UTC epoch milliseconds, as all instants here. */
  servedAt: number;
  recordedAt: number;
  cancelled: boolean;
  channel: string;
  method: string;
  recorder: string;
  editedAt: number | null;
  editor: string | null;
  cancelReason: string | null;
}

interface Column {
  title: string;
  text: (row: ReportRow) => string | null;
}

export const COLUMNS: readonly Column[] = [
  { title: 'รหัสหน่วย', text: (r) => r.hcode },
  { title: 'ชื่อหน่วย', text: (r) => r.hname },
  { title: 'เลขบัตร', text: (r) => r.pid },
  { title: 'ชื่อ-สกุล', text: (r) => r.fullName },
  { title: 'วันเกิด', text: (r) => birthText(r.birthDate) },
  { title: 'เบอร์โทร', text: (r) => r.tel },
  { title: 'สิทธิหลัก', text: (r) => r.mainInscl },
  { title: 'สิทธิย่อย', text: (r) => r.subInscl },
  { title: 'รหัสการเข้ารับบริการ', text: (r) => r.entryNo },
  { title: 'CLAIM CODE', text: (r) => r.claimCode },
  { title: 'ประเภทการเข้ารับบริการ', text: (r) => r.serviceType },
  { title: 'รหัสบริการ', text: (r) => r.serviceCode },
  { title: 'บริการ', text: (r) => r.serviceName },
  { title: 'HN', text: (r) => r.hn },
  { title: 'AN', text: (r) => r.an },
  { title: 'วันที่เข้ารับบริการ', text: (r) => dateText(r.servedAt) },
  { title: 'วันที่บันทึก', text: (r) => dateText(r.recordedAt) },
  { title: 'สถานะใช้งาน', text: (r) => (r.cancelled ? 'ยกเลิก' : 'ใช้งาน') },
  { title: 'ช่องทางการขอ', text: (r) => r.channel },
  { title: 'วิธีการพิสูจน์ตัวตน', text: (r) => r.method },
  { title: 'ผู้บันทึก', text: (r) => r.recorder },
  { title: 'วันที่แก้ไข', text: (r) => (r.editedAt === null ? null : dateText(r.editedAt)) },
  { title: 'ผู้แก้ไข', text: (r) => r.editor },
  { title: 'หมายเหตุการยกเลิก', text: (r) => r.cancelReason },
];

const OFFSET_MS = 7 * 3_600_000;

/** Buddhist `dd/mm/yyyy HH:mm:ss` in Bangkok. */
function dateText(at: number): string {
  const local = new Date(at + OFFSET_MS).toISOString();
  return `${birthText(local.slice(0, 10))} ${local.slice(11, 19)}`;
}

/** `1974-06-05` to `05/06/2517`. */
function birthText(gregorian: string): string {
  const [year, month, day] = gregorian.split('-');
  return `${day}/${month}/${Number(year) + 543}`;
}
