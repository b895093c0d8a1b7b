// What is said before somebody is signed in, and by what is used there as well. See `en.ts`.

export default {
  'app.name': 'Rialto',

  'person.unnamed': 'Unnamed',

  'dialog.close': 'Close',
  'dialog.cancel': 'Cancel',
  'dialog.save': 'Save',

  'copy.action': 'Copy',
  'copy.done': 'Copied',
  'copy.failed': 'This could not be copied. Select it and copy it yourself.',

  'field.username': 'User name',
  'field.username.hint': '3 to 32 letters, digits, dots, hyphens or underscores; a letter first',
  'field.password': 'Password',
  'field.password.hint': 'At least 8 characters',
  'field.showPassword': 'Show what was typed',
  'field.displayName': 'Name shown',
  'field.displayName.hint': 'If you leave it empty, your user name is shown',
  'field.recoveryKey': 'Recovery key',

  'signIn.way.signIn': 'Sign in',
  'signIn.way.register': 'Create an account',
  'signIn.way.instant': 'Start without a password',
  'signIn.way.recovery': 'Use a recovery key',
  'signIn.start': 'Start',
  'signIn.instant.hint': 'You can write at once. A recovery key opens the account elsewhere, and you can choose a user name and password later.',
  'signIn.recovery.wrong': 'No account has this recovery key.',
  'signIn.known': 'On this device',

  'recovery.title': 'Your recovery key',
  'recovery.why': 'Your account has no password: this key is the only way back into it, from another device or when this one forgets you. Keep it where nobody else finds it.',
  'recovery.kept': 'I have kept it',

  'settings.language': 'Language',

  'connection.reload': 'Load again',

  'failed.title': 'This could not be shown',
  'failed.kept': 'What you wrote is kept on this device. Perhaps there is no connection just now.',

  'fault.other': 'This did not succeed ({code}).',
  'fault.client.offline': 'The server cannot be reached. Try again when you are connected.',
  'fault.client.outcome_unknown': 'The connection broke; whether this was done is not known yet.',
  'fault.client.fault': 'Something went wrong in this page. Load it again.',
  'fault.client.too_old': 'This page is too old for the server. Load it again.',
  'fault.auth.required': 'You were signed out. Sign in again.',
  'fault.auth.wrong_credentials': 'The name or the password is wrong.',
  'fault.auth.refresh_refused': 'You were signed out. Sign in again.',
  'fault.account.username_taken': 'This user name is taken.',
  'fault.account.username_invalid': 'A user name has 3 to 32 characters: a letter, then letters, digits, dots, hyphens or underscores.',
  'fault.account.password_invalid': 'A password has at least 8 characters.',
  'fault.account.display_name_invalid': 'A name has 1 to 64 characters.',
  'fault.account.already_named': 'This account has a user name already.',
  'fault.command.too_many': 'These are too many at once.',
  'fault.limit.exceeded': 'This was too often. Wait a little and try again.',
  'fault.server.unavailable': 'The server cannot do this now. Try again.',
  'fault.server.internal': 'The server has a fault.',
  'fault.server.storage_full': "The server's disk is full.",
};
