// The server's half of OPAQUE (RFC 9807): a login passphrase is checked and never seen. Its library is WebAssembly
// and loaded here only, when the first account needs it (decision 0013).
import { KuraError } from '@kura/base';

type Library = typeof import('@serenity-kit/opaque');

let loaded: Promise<Library> | undefined;

function library(): Promise<Library> {
  loaded ??= import('@serenity-kit/opaque').then(async (opaque) => {
    await opaque.ready;
    return opaque;
  });
  return loaded;
}

/** Whatever the library throws at a message means that it is not one of a client that works. */
async function answering<Result>(work: (opaque: Library) => Result): Promise<Result> {
  const opaque = await library();
  try {
    return work(opaque);
  } catch (cause) {
    throw new KuraError('hostile', 'this is no message of a login', { cause });
  }
}

export async function newLoginSetup(): Promise<string> {
  return (await library()).server.createSetup();
}

export interface StartedLogin {
  readonly state: string;
  readonly response: string;
}

export class OpaqueServer {
  readonly #setup: string;

  constructor(setup: string) {
    this.#setup = setup;
  }

  /** Throws `hostile`. */
  register(account: string, registrationRequest: string): Promise<string> {
    return answering(({ server }) => {
      const answer = server.createRegistrationResponse({
        serverSetup: this.#setup,
        userIdentifier: account,
        registrationRequest,
      });
      return answer.registrationResponse;
    });
  }

  /** `record` undefined: no such account, which the answer does not show. Throws `hostile`. */
  startLogin(
    account: string,
    record: string | undefined,
    startRequest: string,
  ): Promise<StartedLogin> {
    return answering(({ server }) => {
      const started = server.startLogin({
        serverSetup: this.#setup,
        userIdentifier: account,
        registrationRecord: record ?? null,
        startLoginRequest: startRequest,
      });
      return { state: started.serverLoginState, response: started.loginResponse };
    });
  }

  /** The session key, 64 bytes; undefined if the passphrase was wrong. */
  async finishLogin(state: string, finishRequest: string): Promise<Uint8Array | undefined> {
    const { server } = await library();
    try {
      const done = server.finishLogin({
        serverLoginState: state,
        finishLoginRequest: finishRequest,
      });
      return new Uint8Array(Buffer.from(done.sessionKey, 'base64url'));
    } catch {
      // The library tells a wrong passphrase from noise as little as an observer may.
      return undefined;
    }
  }
}
