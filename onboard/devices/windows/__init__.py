"""Windows computers: SyncML, WLAN and LAN profiles, or the PowerShell script for those without management."""
