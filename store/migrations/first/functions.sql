-- What is searched of leads and accounts. What stands between two words in names and addresses is
-- made a space: PostgreSQL's parser would keep some of it together (an address, a compound), and
-- takes what is not ASCII for a letter. translate() would look at each of these signs for each
-- letter, and take three times as long.
CREATE FUNCTION lead_words(email text, first_name text, last_name text, title text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple', regexp_replace(
    email || ' ' || first_name || ' ' || last_name || ' ' || last_name || first_name
        || ' ' || title,
    U&'[@._/+~<>&=?#\00a0\3000’‘“”–—…·•、。，．：；！？（）「」『』【】《》〈〉［］／＆・＠㈜-]',
    ' ', 'g'));

CREATE FUNCTION account_words(name text, domain text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple', regexp_replace(
    name || ' ' || coalesce(domain, ''),
    U&'[@._/+~<>&=?#\00a0\3000’‘“”–—…·•、。，．：；！？（）「」『』【】《》〈〉［］／＆・＠㈜-]',
    ' ', 'g'));

-- Attributes with what was said: as much of it as leaves them within 200 keys and 64 KB. Where not
-- all of it fits, only what was known before changes. With fill, what has a value keeps it.
CREATE FUNCTION merged_attributes(old jsonb, said jsonb, fill boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce((
        SELECT made.attributes FROM (VALUES
            (1, CASE WHEN fill THEN said || old ELSE old || said END),
            (2, CASE WHEN fill THEN old ELSE old || coalesce(
                (SELECT jsonb_object_agg(key, value) FROM jsonb_each(said) WHERE old ? key), '{}')
                END)
        ) AS made (place, attributes)
        WHERE octet_length(made.attributes::text) <= greatest(65536, octet_length(old::text))
            AND (SELECT count(*) FROM jsonb_object_keys(made.attributes))
                <= greatest(200, (SELECT count(*) FROM jsonb_object_keys(old)))
        ORDER BY place LIMIT 1
    ), old)
$$;

-- The mailbox that an address is surely a name of: domain/inbound/addresses.py says the same. NULL
-- when it is the address itself.
CREATE FUNCTION lead_mailbox(email_key text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(CASE
    -- Whoever is known by a phone number alone has no mailbox.
    WHEN strpos(email_key, '@') = 0 THEN email_key
    WHEN split_part(email_key, '@', 2) IN ('gmail.com', 'googlemail.com')
    THEN replace(coalesce(nullif(split_part(split_part(email_key, '@', 1), '+', 1), ''),
        split_part(email_key, '@', 1)), '.', '') || '@gmail.com'
    WHEN strpos(email_key, '+') > 1
    THEN split_part(split_part(email_key, '@', 1), '+', 1) || '@' || split_part(email_key, '@', 2)
    ELSE email_key END, email_key);

-- Who has the same one may be the same person: a whole name, whatever its case, accents and order,
-- at an account, or else at the domain of the address. NULL without a whole name.
CREATE FUNCTION lead_likeness(first_name text, last_name text, account_id bigint, email_key text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- Without a query of its own: one costs each new lead 30 µs.
RETURN CASE WHEN first_name <> '' AND last_name <> '' THEN nullif(array_to_string(array_sort(
    array_remove(regexp_split_to_array(lower(regexp_replace(
        normalize(first_name || ' ' || last_name, NFKD), U&'[\0300-\036f''’‘ʼ`´.]', '', 'g')),
        U&'[\00a0\3000\\s‐‑–·・-]+'), '') COLLATE "C"), ' '), '')
    || '@' || coalesce(account_id::text, split_part(email_key, '@', 2)) END;
