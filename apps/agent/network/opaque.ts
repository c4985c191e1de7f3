// The member's half of OPAQUE (RFC 9807): a passphrase to log in with, which the service never sees. WebAssembly:
// loaded only by whoever joins or logs in.
import { KuraError } from '@kura/base';

/** What the library calls its Argon2id with 64 MiB. */
const KEY_STRETCHING = 'memory-constrained';

type Ask = (request: string) => Promise<string>;

async function library() {
  const opaque = await import('@serenity-kit/opaque');
  await opaque.ready;
  return opaque.client;
}

/** The record that the service keeps; `ask` brings its answer to a registration request. */
export async function registerPassphrase(password: string, ask: Ask): Promise<string> {
  const client = await library();
  const { clientRegistrationState, registrationRequest } = client.startRegistration({ password });
  const registrationResponse = await ask(registrationRequest);
  const done = client.finishRegistration({
    ...{ clientRegistrationState, registrationResponse, password },
    keyStretching: KEY_STRETCHING,
  });
  return done.registrationRecord;
}

export interface LoginProof {
  readonly finishRequest: string;
  /** 64 bytes, which only whoever knows the passphrase and the service have. */
  readonly sessionKey: Uint8Array;
}

/** `ask` brings the service's answer to the start of a login. Throws `wrong_passphrase`. */
export async function provePassphrase(password: string, ask: Ask): Promise<LoginProof> {
  const client = await library();
  const { clientLoginState, startLoginRequest } = client.startLogin({ password });
  const loginResponse = await ask(startLoginRequest);
  const done = client.finishLogin({
    ...{ clientLoginState, loginResponse, password },
    keyStretching: KEY_STRETCHING,
  });
  if (done === undefined) {
    throw new KuraError('wrong_passphrase', 'the account or its passphrase is wrong', {
      guidance: 'It is the passphrase to log in, not that of the card.',
    });
  }
  const { finishLoginRequest, sessionKey } = done;
  return {
    finishRequest: finishLoginRequest,
    sessionKey: new Uint8Array(Buffer.from(sessionKey, 'base64url')),
  };
}
