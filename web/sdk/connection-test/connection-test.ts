import { type NetworkTestOptions, testNetwork } from '../../net/connection-test/network-test.ts';
import { probeMachine } from './machine-probe.ts';
import { machineSteps } from './machine-words.ts';
import { networkSteps } from './network-words.ts';
import { type ConnectionReport, reportOf } from './report.ts';

/**
 * Tests what works between this browser, a server and its relay, and what this machine computes with, and says so in words. Takes less than 10 s.
 * It joins a room of its own for that time. Outside browsers, where nothing is computed, only the network is tested. Never rejects.
 */
export async function runConnectionTest(options: NetworkTestOptions): Promise<ConnectionReport> {
  const isBrowser = typeof document !== 'undefined';
  const [network, machine] = await Promise.all([testNetwork(options), isBrowser ? probeMachine() : null]);
  return reportOf([...networkSteps(network), ...(machine ? machineSteps(machine) : [])]);
}
