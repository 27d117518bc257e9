/** `searchCurrentByPID` through the `soap` package, from the service's own description. */

import type { Client } from 'soap';
import { BridgeError, isBridgeError } from '../../../src/domain/bridge-error.ts';
import { badAnswer } from '../faults.ts';
import { WEB_CALLS } from './calls.ts';
import { type Asked, secretsOf } from './faults.ts';
import { soapFault } from './soap-fault.ts';
import { type SoapExchange, SoapTransport } from './soap-transport.ts';

const OPERATION = 'searchCurrentByPID';

/** The description, its schema, and some patience. */
const MOST_DOCUMENTS = 10;

export class SoapService {
  readonly #transport: SoapTransport;
  readonly #timeoutMs: number;
  /** The client that stands, or is being made; made anew after a failure, since the service may have become another. */
  #client: Promise<Client> | null = null;

  constructor(url: string, timeoutMs: number) {
    this.#transport = new SoapTransport(url);
    this.#timeoutMs = timeoutMs;
  }

  /** What the service answered, unread. Throws BridgeError as the port says, but for what `ws_status` says. */
  async search(asked: Asked): Promise<unknown> {
    await loaded();
    const deadline = performance.now() + this.#timeoutMs;
    this.#client ??= this.#open(deadline);
    const making = this.#client;
    try {
      return await this.#ask(await making, asked, deadline);
    } catch (error) {
      this.forget(making);
      // the package's own errors hold the request, and with it the person and the token
      throw isBridgeError(error) ? error : soapFault(WEB_CALLS.searchCurrent, error, secretsOf(asked));
    }
  }

  /** Looks at the description alone. Throws BridgeError. */
  async describe(): Promise<void> {
    await loaded();
    await this.#open(performance.now() + this.#timeoutMs);
  }

  /** The next search asks for the description again; nothing happens when another client stands by now. */
  forget(client: Promise<Client> | null = this.#client): void {
    if (this.#client === client) this.#client = null;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #open(deadline: number): Promise<Client> {
    const call = WEB_CALLS.wsdl;
    const { createClientAsync } = await loaded();
    const { endpoint } = this.#transport;
    const description = `${endpoint}?wsdl`;
    return within<Client>(deadline, call.name, (resolve, fail) => {
      const exchange: SoapExchange = { deadline, asked: null, documents: MOST_DOCUMENTS, fail };
      createClientAsync(description, {
        httpClient: this.#transport,
        // the description may name another host; the person and the token go to the configured one
        endpoint,
        // the package's cache would keep a broken description for ever
        disableCache: true,
        wsdl_options: {
          exchange,
          // never a file of this machine, never another host
          overrideImportLocation: (_: string, __: string, location: string) =>
            URL.canParse(location, description) ? new URL(location, description).href : description,
        },
      }).then(resolve, fail);
    }).then(
      (client) => {
        if (typeof client[OPERATION] === 'function') return client;
        throw badAnswer(call, `expected the operation ${OPERATION}`);
      },
      (error: unknown) => {
        throw isBridgeError(error) ? error : badAnswer(call, 'expected the description of a SOAP service');
      },
    );
  }

  #ask(client: Client, asked: Asked, deadline: number): Promise<unknown> {
    const { pid, token, account } = asked;
    const args = { user_person_id: account, smctoken: token, person_id: pid };
    return within<unknown>(deadline, OPERATION, (resolve, fail) => {
      const exchange: SoapExchange = { deadline, asked, documents: 0, fail };
      const answered = (error: unknown, result: unknown) => (error == null ? resolve(result) : fail(error));
      client[OPERATION](args, answered, { exchange });
    }).finally(() => {
      // the package keeps the last exchange for debugging
      Object.assign(client, { lastMessage: null, lastRequest: null, lastResponse: null });
    });
  }
}

/** The package, at the first need only: 15 MB. Before the clock runs: on a busy machine it takes seconds, once. */
const loaded = () => import('soap');

/** The package may lose a callback over an answer that it did not expect: nothing waits longer than the deadline. */
function within<T>(
  deadline: number,
  what: string,
  begin: (resolve: (value: T) => void, fail: (error: unknown) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const late = new BridgeError('nhso-unavailable', `NHSO did not answer ${what} in time`, {
      retry: 'yes',
      detail: { call: what },
    });
    // a little later than the line itself gives up, whose error says more
    const timer = setTimeout(() => reject(late), Math.max(1, deadline - performance.now()) + 100);
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V): void => {
        clearTimeout(timer);
        how(value);
      };
    try {
      begin(settle(resolve), settle(reject));
    } catch (error) {
      settle(reject)(error);
    }
  });
}
