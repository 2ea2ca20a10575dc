"""Pictures: functions that compute arrays, draw figures or save files, never two of these."""
