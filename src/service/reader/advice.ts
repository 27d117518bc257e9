/** What a person must do at this counter, if anything: the next step for each thing that does not mend itself. */

import { CLOCK_OFF_MS, type CounterStatus, type LinkStatus, type Shown } from './status.ts';
import type { Words } from './words.ts';

/** Empty: all is well, or goes on by itself. */
export function advice({ counter, why, link, clockAheadMs }: Shown): Words[] {
  const isDirect = why !== 'only' && why !== 'first';
  const steps = [
    ...ofCounter(counter),
    ...(isDirect && counter.is !== 'no-source' ? [LOOK_AT_AGENT] : []),
    ...ofLink(link),
    ...(clockAheadMs !== null && Math.abs(clockAheadMs) > CLOCK_OFF_MS ? [SET_CLOCK] : []),
  ];
  return [...new Set(steps)];
}

const START_AGENT: Words = {
  th: 'เปิดโปรแกรม Secure SmartCard Agent ของ สปสช. ในเครื่องนี้ แล้วรอประมาณ 30 วินาที',
  en: 'Start the NHSO Secure SmartCard Agent of this counter and wait about 30 seconds.',
};

const LOOK_AT_AGENT: Words = {
  th: 'บัตรยังอ่านได้แต่ขอรหัสไม่ได้ ให้เปิดหรือเริ่มโปรแกรม Secure SmartCard Agent ของ สปสช. ใหม่',
  en: 'Cards are read, but no code can be asked for: start the NHSO Secure SmartCard Agent again.',
};

const PLUG_READER: Words = {
  th: 'เสียบสายเครื่องอ่านบัตร ถ้าเสียบอยู่แล้วให้ดึงออกแล้วเสียบใหม่',
  en: 'Plug the card reader in; if it is plugged in, pull it out and plug it in again.',
};

const START_SERVICE: Words = {
  th: 'เปิดบริการเครื่องอ่านบัตร (Windows: บริการ "Smart Card", Linux: systemctl start pcscd)',
  en: 'Start the card service (Windows: service "Smart Card"; Linux: systemctl start pcscd).',
};

const INSTALL: Words = {
  th: 'ให้ผู้ดูแลระบบติดตั้ง pcsc-mini (docs/card-reader.md) หรือใช้โปรแกรมของ สปสช. (--source agent)',
  en: 'Install pcsc-mini (docs/card-reader.md), or read through the NHSO agent (--source agent).',
};

const SET_CLOCK: Words = {
  th: 'ตั้งนาฬิกาของเครื่องนี้และของ authen-bridge ให้ตรง (เปิดการตั้งเวลาอัตโนมัติ NTP)',
  en: 'Set the clocks of this machine and of the bridge right (switch NTP on).',
};

function ofCounter(counter: CounterStatus): Words[] {
  switch (counter.is) {
    case 'no-source': {
      const { agent, pcsc } = counter;
      const steps: Words[] = [];
      if (agent === 'away' || agent === 'missing') steps.push(START_AGENT);
      if (agent === 'no-reader' || pcsc === 'no-reader') steps.push(PLUG_READER);
      // beside an agent the service is of no account: the agent needs it too, and says what it lacks
      if (pcsc === 'away' && agent === null) steps.push(START_SERVICE);
      if (pcsc === 'missing' && agent === null) steps.push(INSTALL);
      return steps;
    }
    case 'cannot-read':
      return [CARD[counter.because ?? 'unknown']];
    case 'cannot-keep':
      return [
        {
          th: 'ทำที่ว่างในดิสก์ของเครื่องนี้ หรือแจ้งผู้ดูแล อย่าเพิ่งดึงบัตรออก',
          en: 'Make room on the disk of this machine, or tell the administrator; leave the card in.',
        },
      ];
    default:
      return [];
  }
}

const CARD: Record<'mute' | 'other-card' | 'reader-busy' | 'unknown', Words> = {
  mute: {
    th: 'กลับด้านบัตร เช็ดหน้าสัมผัส แล้วเสียบใหม่',
    en: 'Turn the card over, wipe it, put it in again.',
  },
  'other-card': { th: 'ขอบัตรประจำตัวประชาชนของผู้ป่วย', en: "Ask for the patient's national ID card." },
  'reader-busy': {
    th: 'ปิดโปรแกรมอื่นที่ใช้เครื่องอ่านบัตร',
    en: 'Close the other program that uses the card reader.',
  },
  unknown: {
    th: 'ดึงบัตรออก เช็ดหน้าสัมผัส แล้วเสียบใหม่ ถ้ายังไม่ได้ให้ลองบัตรอื่น',
    en: 'Take the card out, wipe it, put it in again; if that does not help, try another card.',
  },
};

function ofLink(link: LinkStatus): Words[] {
  const steps: Words[] = [];
  if (link.is === 'away') {
    steps.push({
      th: 'ตรวจเครือข่ายและเครื่อง authen-bridge รายการที่อ่านไว้จะส่งเองเมื่อกลับมา',
      en: 'Look at the network and at the bridge; what has been read is sent by itself when it is back.',
    });
  }
  if (link.is === 'key-refused') {
    steps.push({
      th: 'ให้ผู้ดูแลออกกุญแจใหม่ให้จุดนี้ (npm run key -- create) แล้วเริ่มโปรแกรมอ่านบัตรใหม่',
      en: 'Have a new key made for this counter (npm run key -- create) and start the reader with it.',
    });
  }
  if (link.is === 'clocks-differ') steps.push(SET_CLOCK);
  if (link.rejected > 0) {
    steps.push({
      th: 'ให้ผู้ดูแลดูเหตุผลในโฟลเดอร์ rejected แล้วส่งใหม่หรือลบ (มีเลขบัตรประชาชน)',
      en: 'Look at the reasons in the folder "rejected"; send again or delete (they hold citizen ids).',
    });
  }
  return steps;
}
