// Where something could not be drawn: a part that did not come over the network, or a fault of ours. The rest stays as it is.

import { Component, type ReactNode } from 'react';

import { useT } from '../i18n/texts.ts';
import { Button } from '../ui/Button.tsx';
import { Centred } from '../ui/Centred.tsx';

interface BoundaryProps {
  /** What is shown: when it is something else, that is tried. */
  of?: string;
  children: ReactNode;
}

export class Boundary extends Component<BoundaryProps> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: true } {
    return { hasFailed: true };
  }

  override componentDidUpdate({ of }: BoundaryProps): void {
    if (this.state.hasFailed && of !== this.props.of) this.setState({ hasFailed: false });
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Failed /> : this.props.children;
  }
}

function Failed() {
  const t = useT();
  return (
    <Centred role="alert">
      <h1>{t('failed.title')}</h1>
      <p>{t('failed.kept')}</p>
      <Button look="primary" onClick={() => location.reload()}>
        {t('connection.reload')}
      </Button>
    </Centred>
  );
}
