// Which code a role is: its program, and how it enrols. Each is loaded when it is asked for: a reader never
// loads a coordinator.
import {
  type AlarmClock,
  DAY_MS,
  type Disk,
  KuraError,
  type Random,
  STANDARD_SHAPE,
} from '@kura/base';
import type {
  CoordinatorConfig,
  Log,
  Metrics,
  Program,
  ProgramConfig,
  WitnessConfig,
} from '@kura/daemon';
import type { Native } from '@kura/native';

export interface ProgramSurroundings {
  readonly disk: Disk;
  readonly native: Native;
  readonly clock: AlarmClock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Warrants of owners wait so long, and can be revoked as long. */
const REMOVAL_DELAY_MS = 14 * DAY_MS;

/** Nothing of it has begun yet. */
export async function buildProgram(
  config: ProgramConfig,
  surroundings: ProgramSurroundings,
): Promise<Program> {
  switch (config.role) {
    case 'coordinator': {
      const { coordinatorProgram } = await import('@kura/coordinator/serve/coordinator.ts');
      return coordinatorProgram(config, surroundings);
    }
    case 'gateway': {
      const { gatewayProgram } = await import('@kura/coordinator/serve/gateway.ts');
      return gatewayProgram(config, surroundings);
    }
    case 'store': {
      const { storeProgram } = await import('@kura/store/daemon/store.ts');
      return storeProgram(config, surroundings);
    }
    case 'reader': {
      const { readerProgram } = await import('@kura/store/daemon/reader.ts');
      return readerProgram(config, surroundings);
    }
    case 'witness': {
      const { witnessProgram } = await import('@kura/witness/program.ts');
      return witnessProgram(config, surroundings);
    }
  }
}

export interface Founding {
  readonly copies: number;
  /** Name of the first operator. */
  readonly operator: string;
}

/** The invitation of the first operator. Throws `usage` for any other role, `already_exists`. */
export async function foundNetwork(
  config: ProgramConfig,
  founding: Founding,
  surroundings: ProgramSurroundings,
): Promise<string> {
  if (config.role !== 'coordinator') throw wrongRole(config, 'is founded');
  const { foundCoordinator } = await import('@kura/coordinator/serve/coordinator-state.ts');
  const coordinator: CoordinatorConfig = config;
  return await foundCoordinator(
    coordinator,
    { ...founding, shape: STANDARD_SHAPE, removalDelayMs: REMOVAL_DELAY_MS },
    surroundings,
  );
}

/** The invitation becomes a certificate. Throws `usage` for a role that does not enrol, and `refused`. */
export async function enrolProgram(
  config: ProgramConfig,
  invitation: string,
  surroundings: ProgramSurroundings,
): Promise<void> {
  switch (config.role) {
    case 'gateway': {
      const { enrolGateway } = await import('@kura/coordinator/serve/gateway-state.ts');
      return await enrolGateway(config, invitation, surroundings);
    }
    case 'store': {
      const { enrolStore } = await import('@kura/store/daemon/enrol.ts');
      const { findCity, storePlaceOf } = await import('@kura/coordinator/placement/cities.ts');
      const place = storePlaceOf(findCity(config.store.place));
      await enrolStore(config, { invitation, place }, surroundings);
      return;
    }
    default:
      throw wrongRole(config, 'enrols');
  }
}

/** Makes its key; what logs and members have to know of it. Throws `already_exists`, `usage`. */
export async function foundWitness(
  config: WitnessConfig,
  surroundings: ProgramSurroundings,
): Promise<string> {
  const { foundWitness: found } = await import('@kura/witness/found.ts');
  return await found(config, surroundings);
}

function wrongRole({ role }: ProgramConfig, what: string): KuraError {
  return new KuraError('usage', `a ${role} is nothing that ${what}`, {
    guidance:
      'Coordinators and witnesses are founded; gateways and stores enrol; a reader belongs to its store.',
  });
}
