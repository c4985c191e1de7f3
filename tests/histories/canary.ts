// Networks that break a rule on purpose: if one of them is not caught, nothing that the histories say can be
// trusted.
import type { Retire } from './network.ts';

/** Retires what it believes to be in danger, as soon as there is one copy more: an alert that deletes. */
const deletesByAlert: Retire = ({ world, copies, demand }) => {
  const danger = copies.find(({ store }) => world.store(store).stance === 'leave');
  if (danger === undefined || copies.length <= demand.copies) {
    return { retire: undefined, reason: 'canary' };
  }
  return { retire: danger.store, reason: 'canary' };
};

/** Retires down to one copy. */
const belowMinimum: Retire = ({ copies }) =>
  copies.length > 1
    ? { retire: copies[0]?.store ?? 0, reason: 'canary' }
    : { retire: undefined, reason: 'canary' };

export const CANARIES: Readonly<
  Record<string, { readonly retire: Retire; readonly what: RegExp }>
> = {
  'an alert deletes': { retire: deletesByAlert, what: /lost a copy .* after an alert/ },
  'below the minimum': { retire: belowMinimum, what: /copies by our own act/ },
};
