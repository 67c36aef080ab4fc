import { render } from 'preact';
import { runConnectionTest } from '../sdk/connection-test/connection-test.ts';
import { pageDiagnostics } from '../sdk/diagnostics.ts';
import { CheckPage } from './check-page.tsx';

// The server may share its origin with others: this page lies beside its root.
const url = new URL('.', location.href).href;

const root = document.getElementById('page');
if (root) render(<CheckPage test={() => runConnectionTest({ url })} diagnose={pageDiagnostics} />, root);
