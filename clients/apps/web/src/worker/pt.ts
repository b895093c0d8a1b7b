export default {
  'update.ready': 'Uma nova versão está pronta.',
  'update.take': 'Atualizar',
  'update.later': 'Mais tarde',
};
