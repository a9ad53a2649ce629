create index workflow_definitions_deleted on workflow_definitions (namespace, id, uuid)
  where id is not null and deleted_at is not null;
comment on index workflow_definitions_deleted is 'Finds the newest workflow with an author''s id that was deleted';
