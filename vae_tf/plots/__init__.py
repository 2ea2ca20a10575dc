"""Pictures: functions that compute arrays, draw figures or save files, and never two of these."""
