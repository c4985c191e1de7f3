// Goal: what an operator installs is as tight as docs/design/programs.md promises. systemd itself has judged the units
// (`systemd-analyze verify`); here they are held to the promise, each of them, line by line.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PROGRAM_ROLES } from '@kura/daemon';

const UNITS = new URL('../packaging/systemd/', import.meta.url);

/** Key → all its values, of every section. */
function readUnit(role: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  const text = readFileSync(new URL(`kura-${role}.service`, UNITS), 'utf8');
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at === -1 || line.startsWith('#')) continue;
    const key = line.slice(0, at);
    settings.set(key, [...(settings.get(key) ?? []), line.slice(at + 1)]);
  }
  return settings;
}

const PROMISED: Readonly<Record<string, readonly string[]>> = {
  Type: ['exec'],
  NoNewPrivileges: ['yes'],
  ProtectSystem: ['strict'],
  ProtectHome: ['yes'],
  PrivateDevices: ['yes'],
  CapabilityBoundingSet: [''],
  RestrictAddressFamilies: ['AF_INET AF_INET6 AF_UNIX'],
  SystemCallFilter: ['@system-service', '~@privileged'],
  UMask: ['0077'],
};

describe('packaging', () => {
  it('has a unit for every program, and no other', () => {
    const units = readdirSync(UNITS).filter((name) => name.endsWith('.service'));
    assert.deepEqual(units.sort(), PROGRAM_ROLES.map((role) => `kura-${role}.service`).sort());
  });

  for (const role of PROGRAM_ROLES) {
    it(`runs a ${role} with nothing that it does not need`, () => {
      const unit = readUnit(role);
      for (const [key, values] of Object.entries(PROMISED)) {
        assert.deepEqual(unit.get(key), values, key);
      }
      assert.ok(unit.has('MemoryMax'));
      const start = `/opt/kura/kura serve ${role} --config /etc/kura/${role}.toml`;
      assert.deepEqual(unit.get('ExecStart'), [start]);
    });
  }

  it('gives a reader nothing to write, and not the key of its store', () => {
    const unit = readUnit('reader');
    assert.equal(unit.has('ReadWritePaths') || unit.has('StateDirectory'), false);
    assert.deepEqual(unit.get('InaccessiblePaths'), ['-/srv/kura/identity.key']);
    assert.deepEqual(unit.get('User'), readUnit('store').get('User'));
  });
});
