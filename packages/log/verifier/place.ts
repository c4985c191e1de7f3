// Where the stand-alone verifier is, so that it can be put beside what it verifies.

export const VERIFIER_NAME = 'kura-receipts.mjs';
export const verifierUrl = (): URL => new URL(`./${VERIFIER_NAME}`, import.meta.url);
