/**
 * What runs in the service's own container or process: brings the data directory to where it is wanted, then becomes Postgres.
 * `$root/current` names the data directory in use; each new copy gets a number of its own, so that old data are kept aside.
 * `$root/join` holds the connection of the primary to follow; it is removed only when that is done, so a kill in between does no harm.
 * `prepare` is shell that wants the data to be there.
 */
export const bootScript = (prepare: string): string => `set -e
root=$1 config=$2 upstream=$3 slot=$4
mkdir -p "$root"
chmod 700 "$root"
adopt() {
  number=1
  while [ -e "$root/$number" ]; do number=$((number + 1)); done
  mv "$root/next" "$root/$number"
  ln -sfn "$number" "$root/current"
}
if [ -n "$upstream" ] && [ ! -e "$root/current" ] && [ ! -e "$root/join" ]; then
  printf '%s' "$upstream" >"$root/join"
fi
if [ -e "$root/join" ]; then
  source=$(cat "$root/join")
  method=
  if [ -e "$root/current/PG_VERSION" ]; then
    rm -f "$root/current/standby.signal" "$root/current/recovery.signal"
    if pg_rewind --target-pgdata="$(readlink -f "$root/current")" --source-server="$source dbname=postgres" --config-file="$config"; then
      method=pg_rewind
    fi
  fi
  if [ -z "$method" ]; then
    rm -rf "$root/next"
    pg_basebackup -d "$source" -D "$root/next" -X stream -c fast -S "$slot" --no-sync
    adopt
    method=pg_basebackup
  fi
  auto=$root/current/postgresql.auto.conf
  sed -i -E '/^(primary_|restore_command|recovery_|synchronous_standby_names)/d' "$auto"
  printf "primary_conninfo = '%s'\\nprimary_slot_name = '%s'\\n" "$source" "$slot" >>"$auto"
  touch "$root/current/standby.signal"
  printf '%s' "$method" >"$root/joined"
  rm -f "$root/join"
elif [ ! -e "$root/current" ]; then
  rm -rf "$root/next"
  initdb -D "$root/next" -U postgres -A trust --no-locale -E UTF8 -k -N --wal-segsize=1
  adopt
fi
${prepare}
exec postgres -D "$root/current" -c "config_file=$config"
`
