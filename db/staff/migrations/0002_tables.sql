-- The staff service's tables, as db/staff/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_staff.task_categories (
    id BIGSERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    description TEXT,
    color VARCHAR(7),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT task_categories_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_task_categories_name ON coralserve_staff.task_categories (name);

CREATE TABLE coralserve_staff.staff_members (
    id BIGSERIAL NOT NULL,
    user_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    employee_id VARCHAR(50),
    position VARCHAR(100) NOT NULL,
    department VARCHAR(100),
    hire_date DATE NOT NULL,
    termination_date DATE,
    salary NUMERIC(19, 4),
    hourly_rate NUMERIC(19, 4),
    employment_type VARCHAR(20),
    status VARCHAR(20) DEFAULT 'ACTIVE',
    emergency_contact_name VARCHAR(200),
    emergency_contact_phone VARCHAR(50),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT staff_members_pkey PRIMARY KEY (id),
    CONSTRAINT staff_members_employee_id_key UNIQUE (employee_id),
    CONSTRAINT staff_members_status_check CHECK (status IN ('ACTIVE', 'INACTIVE', 'TERMINATED', 'SUSPENDED')),
    CONSTRAINT staff_members_employment_type_check CHECK (employment_type IN ('FULL_TIME', 'PART_TIME', 'CONTRACT', 'INTERN'))
);
CREATE INDEX idx_staff_members_outlet ON coralserve_staff.staff_members (outlet_id);
CREATE INDEX idx_staff_members_position ON coralserve_staff.staff_members (position);
CREATE INDEX idx_staff_members_status ON coralserve_staff.staff_members (status);

CREATE TABLE coralserve_staff.shifts (
    id BIGSERIAL NOT NULL,
    staff_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    shift_date DATE NOT NULL,
    start_time TIME WITHOUT TIME ZONE NOT NULL,
    end_time TIME WITHOUT TIME ZONE NOT NULL,
    break_duration INTEGER DEFAULT 0,
    shift_type VARCHAR(20),
    status VARCHAR(20) DEFAULT 'SCHEDULED',
    notes TEXT,
    created_by BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT shifts_pkey PRIMARY KEY (id),
    CONSTRAINT shifts_status_check CHECK (status IN ('SCHEDULED', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED')),
    CONSTRAINT shifts_shift_type_check CHECK (shift_type IN ('MORNING', 'AFTERNOON', 'EVENING', 'NIGHT', 'CUSTOM')),
    CONSTRAINT fk_shift_staff FOREIGN KEY(staff_id) REFERENCES coralserve_staff.staff_members (id)
);
CREATE INDEX idx_shifts_date ON coralserve_staff.shifts (shift_date);
CREATE INDEX idx_shifts_outlet ON coralserve_staff.shifts (outlet_id);
CREATE INDEX idx_shifts_staff ON coralserve_staff.shifts (staff_id);
CREATE INDEX idx_shifts_status ON coralserve_staff.shifts (status);

CREATE TABLE coralserve_staff.tasks (
    id BIGSERIAL NOT NULL,
    title VARCHAR(200) NOT NULL,
    description TEXT,
    outlet_id BIGINT NOT NULL,
    assigned_to BIGINT,
    assigned_by BIGINT NOT NULL,
    due_date DATE,
    due_time TIME WITHOUT TIME ZONE,
    priority VARCHAR(20) DEFAULT 'MEDIUM',
    status VARCHAR(20) DEFAULT 'PENDING',
    completion_notes TEXT,
    completed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    category_id BIGINT,
    CONSTRAINT tasks_pkey PRIMARY KEY (id),
    CONSTRAINT fk_task_category FOREIGN KEY(category_id) REFERENCES coralserve_staff.task_categories (id),
    CONSTRAINT tasks_status_check CHECK (status IN ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED')),
    CONSTRAINT fk_task_assigned_to FOREIGN KEY(assigned_to) REFERENCES coralserve_staff.staff_members (id),
    CONSTRAINT tasks_priority_check CHECK (priority IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT'))
);
CREATE INDEX idx_tasks_assigned_to ON coralserve_staff.tasks (assigned_to);
CREATE INDEX idx_tasks_outlet ON coralserve_staff.tasks (outlet_id);
CREATE INDEX idx_tasks_priority ON coralserve_staff.tasks (priority);
CREATE INDEX idx_tasks_status ON coralserve_staff.tasks (status);

CREATE TABLE coralserve_staff.attendance (
    id BIGSERIAL NOT NULL,
    staff_id BIGINT NOT NULL,
    shift_id BIGINT NOT NULL,
    attendance_date DATE NOT NULL,
    clock_in_time TIMESTAMP WITH TIME ZONE,
    clock_out_time TIMESTAMP WITH TIME ZONE,
    break_start_time TIMESTAMP WITH TIME ZONE,
    break_end_time TIMESTAMP WITH TIME ZONE,
    total_hours NUMERIC(18, 6),
    status VARCHAR(20) DEFAULT 'PRESENT',
    notes TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT attendance_pkey PRIMARY KEY (id),
    CONSTRAINT fk_attendance_staff FOREIGN KEY(staff_id) REFERENCES coralserve_staff.staff_members (id),
    CONSTRAINT fk_attendance_shift FOREIGN KEY(shift_id) REFERENCES coralserve_staff.shifts (id),
    CONSTRAINT attendance_status_check CHECK (status IN ('PRESENT', 'ABSENT', 'LATE', 'HALF_DAY', 'LEAVE'))
);
CREATE INDEX idx_attendance_date ON coralserve_staff.attendance (attendance_date);
CREATE INDEX idx_attendance_staff ON coralserve_staff.attendance (staff_id);
CREATE INDEX idx_attendance_status ON coralserve_staff.attendance (status);
