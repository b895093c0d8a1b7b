import { createSlice } from '@reduxjs/toolkit';

import { idle, type Connection } from '../connection/machine.ts';
import { connectionChanged } from './actions.ts';

/** The connection as it is; its machine decides, this shows. */
export const connection = createSlice({
  name: 'connection',
  initialState: idle as Connection,
  reducers: {},
  extraReducers: (builder) => builder.addCase(connectionChanged, (_state, { payload }) => payload),
});
