-- Messages are counted under an HMAC of the mailbox, as attempts are under one of the name: an address may
-- be a password in the wrong field. What was counted in the clear goes; the limits of the last hour begin anew.
delete from messages_sent;
