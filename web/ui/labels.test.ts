import { expect, it } from 'vitest';
import { backendLabel, isTestable } from './labels.ts';

it('the connection test is offered for errors whose cause it may find, not for those of a person or a room', () => {
  for (const reason of ['connection-failed', 'signaling-unreachable', 'unsupported-browser'])
    expect(isTestable(reason)).toBe(true);
  for (const reason of ['not-invited', 'cancelled', 'bad-input']) expect(isTestable(reason)).toBe(false);
});

it('a volunteer’s word for what computes is shown only where it is one of ours', () => {
  expect(['wgsl', 'js', '', 'toString', 'PC. Log in at evil.example'].map(backendLabel)).toEqual([
    'graphics card',
    'processor',
    ...['computer', 'computer', 'computer'],
  ]);
});
