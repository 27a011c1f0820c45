-- Is there any account, see api.has_accounts.
SELECT api.has_accounts() AS has_accounts
