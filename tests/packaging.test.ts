// Goal: what an operator installs is as tight as docs/design/programs.md promises, line by line, and systemd itself
// understands it where it is there to be asked.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PROGRAM_ROLES } from '@kura/daemon';

const UNITS = new URL('../packaging/systemd/', import.meta.url);

const NO_SYSTEMD =
  spawnSync('systemd-analyze', ['--version']).error === undefined ? false : 'systemd is not here';

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
  // Whatever was wrong and is right again: nobody has to come and start it.
  Restart: ['on-failure'],
  RestartPreventExitStatus: ['2 10'],
  StartLimitIntervalSec: ['0'],
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

  it('has units that systemd understands', { skip: NO_SYSTEMD }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'kura-units-'));
    try {
      const paths = PROGRAM_ROLES.map((role) => {
        const text = readFileSync(new URL(`kura-${role}.service`, UNITS), 'utf8');
        // It looks for the programs as well, which are not installed here.
        const path = join(folder, `kura-${role}.service`);
        writeFileSync(path, text.replaceAll('/opt/kura/kura', '/bin/true'));
        return path;
      });
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(stderr, /kura-/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has a drill for members, on a schedule, that systemd understands', () => {
    const member = new URL('member/', UNITS);
    const read = (name: string): string => readFileSync(new URL(name, member), 'utf8');
    assert.deepEqual(readdirSync(member).sort(), ['kura-drill.service', 'kura-drill.timer']);
    assert.match(read('kura-drill.timer'), /^OnCalendar=weekly$/m);
    assert.match(read('kura-drill.timer'), /^Persistent=yes$/m);
    assert.match(read('kura-drill.service'), /^ExecStart=\/opt\/kura\/kura drill --quiet /m);
    if (NO_SYSTEMD !== false) return;
    const folder = mkdtempSync(join(tmpdir(), 'kura-units-'));
    try {
      const paths = readdirSync(member).map((name) => {
        const path = join(folder, name);
        writeFileSync(path, read(name).replaceAll('/opt/kura/kura', '/bin/true'));
        return path;
      });
      const argv = ['--user', 'verify', ...paths];
      const { stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
      assert.doesNotMatch(stderr, /kura-/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('gives a reader nothing to write, and not the key of its store', () => {
    const unit = readUnit('reader');
    assert.equal(unit.has('ReadWritePaths') || unit.has('StateDirectory'), false);
    assert.deepEqual(unit.get('InaccessiblePaths'), ['-/srv/kura/identity.key']);
    assert.deepEqual(unit.get('User'), readUnit('store').get('User'));
  });
});
