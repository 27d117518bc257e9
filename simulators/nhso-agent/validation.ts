/** What NHSO checks in a draft or confirm body, with the Thai words it refuses in. */

import type { FieldError } from '../common/spring.ts';

export interface AuthenRequest {
  pid: string;
  claimType: string;
  mobile: string;
  correlationId: string;
  hn: string | null;
  hcode: string | null;
}

/** Takes the body as Jackson would: numbers become text, what is absent becomes an empty text. */
export function authenRequest(body: unknown): AuthenRequest {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return {
    pid: text(fields.pid),
    claimType: text(fields.claimType),
    mobile: text(fields.mobile),
    correlationId: text(fields.correlationId),
    hn: text(fields.hn) || null,
    hcode: text(fields.hcode) || null,
  };
}

/** `pidOfCorrelation`: whom the correlation id was issued for, if it was issued at all. */
export function requestFaults(
  request: AuthenRequest,
  offered: readonly string[],
  pidOfCorrelation: string | undefined,
): FieldError[] {
  const faults: FieldError[] = [];
  const fault = (field: keyof AuthenRequest, defaultMessage: string) =>
    faults.push({ field, rejectedValue: request[field], defaultMessage });
  if (!/^\d{13}$/.test(request.pid)) fault('pid', 'เลขประจำตัวประชาชนต้องเป็นตัวเลข 13 หลัก');
  if (!offered.includes(request.claimType)) fault('claimType', 'ประเภทการเข้ารับบริการไม่ถูกต้อง');
  if (!/^\d{10}$/.test(request.mobile)) fault('mobile', 'หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก');
  if (pidOfCorrelation === undefined) fault('correlationId', 'ไม่พบข้อมูลการตรวจสอบสิทธิ (correlationId)');
  else if (pidOfCorrelation !== request.pid) {
    fault('correlationId', 'correlationId ไม่ตรงกับเลขประจำตัวประชาชน');
  }
  return faults;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
