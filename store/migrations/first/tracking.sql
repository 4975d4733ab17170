CREATE UNLOGGED TABLE tracking_use (
    write_key_id BIGINT NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    used BIGINT NOT NULL,
    CONSTRAINT pk_tracking_use PRIMARY KEY (write_key_id, what, who, since)
) WITH (fillfactor = 50);
CREATE INDEX ix_tracking_use_since ON tracking_use (since);

CREATE TABLE confirmation (
    lead_id BIGINT NOT NULL,
    write_key_id BIGINT NOT NULL,
    cadence TEXT NOT NULL,
    asks BOOLEAN DEFAULT 'true' NOT NULL,
    brought_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE,
    times_asked INTEGER DEFAULT '0' NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_confirmation PRIMARY KEY (lead_id),
    CONSTRAINT fk_confirmation_lead_id FOREIGN KEY (lead_id) REFERENCES lead (id),
    CONSTRAINT fk_confirmation_write_key_id FOREIGN KEY (write_key_id) REFERENCES write_key (id)
);
CREATE INDEX ix_confirmation_asked ON confirmation (write_key_id, asked_at);

CREATE TABLE lead_claim (
    lead_id BIGINT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    write_key_id BIGINT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_lead_claim PRIMARY KEY (lead_id, field),
    CONSTRAINT fk_lead_claim_lead_id FOREIGN KEY (lead_id) REFERENCES lead (id),
    CONSTRAINT fk_lead_claim_write_key_id FOREIGN KEY (write_key_id) REFERENCES write_key (id)
);
