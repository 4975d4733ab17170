CREATE TABLE failing_activity (
    activity TEXT NOT NULL,
    workflow TEXT NOT NULL,
    error TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    failures BIGINT NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    given_up BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_failing_activity PRIMARY KEY (activity, workflow, error)
);

CREATE TABLE write_probe (
    id SMALLINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_write_probe PRIMARY KEY (id)
);
