// Texts of strangers as keys and columns: PostgreSQL knows no NUL in a text, and one forged identifier must not keep
// everything else from being written. JSON needs none of this: it escapes them.
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
