/**
 * The card's side of one slot of `vpcd`, the virtual reader of the vsmartcard project: a TCP connection is a card in the
 * slot. Each message is a length of two bytes, the greater first, and so many bytes. One byte from the reader is an
 * order, more are a command for the card.
 */

import { connect, type Socket } from 'node:net';
import type { Chip } from './card.ts';

/** Orders of the reader. Only the last is answered. */
const POWER_OFF = 0x00;
const POWER_ON = 0x01;
const RESET = 0x02;
const GIVE_ATR = 0x04;

/** As cards of 2017 and later have it: T=0, "TH NID 18". */
export const USUAL_ATR = '3b799600005448204e4944203138';
/** One of those that begin with 3B 67, for which GET RESPONSE takes P2 = 1. */
export const ATR_3B67 = '3b6700002920006f789000';

export interface InsertedCard {
  chip: Chip;
  /** Hexadecimal. */
  atr?: string;
  /** Upside down: it is seen lying there, and does not answer when it is switched on. */
  isMute?: boolean;
}

export class VirtualSlot {
  readonly #port: number;
  readonly #host: string;
  #card: InsertedCard | null = null;
  #socket: Socket | null = null;

  constructor(port: number, host = '127.0.0.1') {
    this.#port = port;
    this.#host = host;
  }

  /** Commands that the card in the slot was sent; null without a card. */
  get commands(): number | null {
    return this.#card?.chip.commands ?? null;
  }

  /** Whatever was in the slot is out. The reader sees a card within half a second. */
  async insert(card: InsertedCard): Promise<void> {
    this.eject();
    this.#card = card;
    await this.#connect(card);
  }

  eject(): void {
    this.#card = null;
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connect(card: InsertedCard): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#port, this.#host, resolve);
      this.#socket = socket;
      socket.setNoDelay();
      let isOn = false;
      let turn: Promise<void> = Promise.resolve();
      socket.once('error', reject);
      // the reader's end may go at any time: so does the card
      socket.on('error', () => socket.destroy());
      takeMessages(socket, (message) => {
        if (message.length === 1) {
          const [order] = message;
          if (order === POWER_OFF) isOn = false;
          if (order === POWER_ON) isOn = true;
          if (order === POWER_OFF || order === POWER_ON || order === RESET) card.chip.reset();
          if (order === GIVE_ATR) this.#giveAtr(socket, card, isOn);
          return;
        }
        turn = turn.then(async () => this.#answer(socket, await card.chip.transmit(message)));
      });
    });
  }

  /** Without an answer to this the reader takes the card for dead; it lies there all the same. */
  #giveAtr(socket: Socket, card: InsertedCard, isOn: boolean): void {
    if (card.isMute === true && isOn) {
      socket.destroy();
      if (this.#card === card) void this.#connect(card).catch(() => this.eject());
      return;
    }
    send(socket, Uint8Array.from(Buffer.from(card.atr ?? USUAL_ATR, 'hex')));
  }

  #answer(socket: Socket, answer: Uint8Array): void {
    if (answer.length > 0) send(socket, answer);
    else if (socket === this.#socket) this.eject();
  }
}

function send(socket: Socket, payload: Uint8Array): void {
  if (socket.destroyed) return;
  socket.write(Uint8Array.of(payload.length >> 8, payload.length & 0xff, ...payload));
}

function takeMessages(socket: Socket, take: (message: Uint8Array) => void): void {
  let heard: Uint8Array = new Uint8Array(0);
  socket.on('data', (chunk: Uint8Array) => {
    heard = Buffer.concat([heard, chunk]);
    for (;;) {
      const [high, low] = heard;
      if (high === undefined || low === undefined) return;
      const end = 2 + ((high << 8) | low);
      if (heard.length < end) return;
      const message = Uint8Array.from(heard.subarray(2, end));
      heard = heard.subarray(end);
      take(message);
    }
  });
}
