export default {
  'app.name': 'Rialto',
  'skip.messages': 'Skip to the messages',
  'rail.name': 'Rialto',
  'rail.chats': 'Chats',
  'rail.settings': 'Settings',
  'list.name': 'Conversations',
  'list.none': 'No conversations yet',
  'main.choose': 'Choose a conversation',
  'signIn.instant': 'Start without an account',
  'header.back': 'Back to the conversations',
  'header.details': 'Details',
};
