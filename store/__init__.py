"""Pure. What happened: the durable inbox, the cases, the outbox and the audit, behind one port."""
