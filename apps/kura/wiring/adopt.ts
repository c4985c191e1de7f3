// The service behind `adopt`: opens the home as the embedded network that it is, or was.
import type { AdoptRequest } from '../commands/requests.ts';
import type { AdoptionView } from '../commands/views.ts';
import { openNetwork, openRoot } from '../embedded/open-network.ts';
import { adoptHome } from '../network/adopt.ts';
import { storeView } from './network-view.ts';
import type { Session } from './session.ts';

export async function adopt(session: Session, request: AdoptRequest): Promise<AdoptionView> {
  const { settings, surroundings } = session;
  const { home: homeFolder, environment, secrets, progress, warn } = settings;
  const passphrase = (): Promise<string> => secrets.passphrase();
  const root = await openRoot({ homeFolder, passphrase }, surroundings);
  const opening = { homeFolder, passphrase, root: Promise.resolve(root), warn };
  const old = await openNetwork(opening, surroundings);
  try {
    const { joining, device: deviceName } = request;
    const adoption = await adoptHome(
      {
        ...{ old, root },
        joining: joining && {
          ...{ ...joining, homeFolder, deviceName, environment },
          home: old.network.home,
          passphrase: await passphrase(),
          loginPassphrase: await request.loginPassphrase(),
        },
        joined: { homeFolder, environment, passphrase },
        onProgress: (packs) =>
          progress.update({ phase: 'adopting', filesDone: packs, filesTotal: 0, bytesDone: 0 }),
      },
      surroundings,
    );
    return { ...adoption, waiting: adoption.waiting.map(storeView) };
  } finally {
    old.close();
  }
}
